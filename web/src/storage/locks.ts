/** Which tab has which session. */

/** Long enough for a tab that answers, where there are no locks. */
const ANSWER_MS = 200;

const CHANNEL = "likeness.sessions";

export type Release = () => void;

/**
 * Takes a session for this tab until it is released, or the tab is closed or reloaded. Null if another tab has it, and
 * still has it after `patience` ms.
 */
export function hold(session: string, patience: number): Promise<Release | null> {
  // Without TLS there are no locks, whatever the types say.
  const { locks } = navigator as { locks?: LockManager };
  return locks ? holdByLock(locks, session, patience) : holdByAsking(session);
}

async function holdByLock(locks: LockManager, session: string, patience: number): Promise<Release | null> {
  const options = patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) => {
      if (lock === null) return resolve(null);
      return new Promise<void>((release) => resolve(release));
    };
    locks.request(`likeness.session.${session}`, options, held).catch((error: unknown) => {
      if ((error as DOMException).name === "TimeoutError") resolve(null);
      else reject(error);
    });
  });
}

type Message = { asks: string } | { holds: string };

/**
 * Asks the other tabs. One that the browser has put to sleep does not answer, and loses its session then; its photos are
 * shown in both tabs.
 */
async function holdByAsking(session: string): Promise<Release | null> {
  const channel = new BroadcastChannel(CHANNEL);
  const send = (message: Message) => channel.postMessage(message);
  const isHeld = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), ANSWER_MS);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!("holds" in data) || data.holds !== session) return;
      clearTimeout(timer);
      resolve(true);
    };
    send({ asks: session });
  });
  if (isHeld) {
    channel.close();
    return null;
  }
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("asks" in data && data.asks === session) send({ holds: session });
  };
  return () => channel.close();
}
