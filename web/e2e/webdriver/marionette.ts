/** Marionette, which Firefox speaks: messages are `length:json`, an answer is `[1, id, error, result]`. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { PATIENCE_MS, WebDriverError, type Fault, type Parameters } from "./commands";

type Waiting = { name: string; settle: (result: unknown) => void; fail: (error: Error) => void };

export class Marionette {
  private readonly waiting = new Map<number, Waiting>();
  private received: Buffer = Buffer.alloc(0);
  private count = 0;

  private constructor(private readonly socket: Socket) {
    socket.setTimeout(PATIENCE_MS, () => this.failAll("Firefox does not answer."));
    socket.on("data", (piece: Buffer) => this.read(piece));
    socket.on("error", (error) => this.failAll(String(error)));
    socket.on("close", () => this.failAll("Firefox has closed the connection."));
  }

  static async connect(port: number): Promise<Marionette> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Marionette(socket);
  }

  send(name: string, parameters: Parameters): Promise<unknown> {
    return new Promise((settle, fail) => {
      this.count += 1;
      this.waiting.set(this.count, { name, settle, fail });
      const message = JSON.stringify([0, this.count, name, parameters]);
      this.socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(piece: Buffer): void {
    this.received = Buffer.concat([this.received, piece]);
    for (;;) {
      const colon = this.received.indexOf(":");
      const end = colon + 1 + Number(this.received.toString("latin1", 0, colon));
      if (colon < 0 || this.received.length < end) return;
      const message: unknown = JSON.parse(this.received.toString("utf8", colon + 1, end));
      this.received = this.received.subarray(end);
      if (Array.isArray(message)) this.answered(message[1], message[2], message[3]); // the greeting is none
    }
  }

  private answered(id: number, fault: Fault | null, result: unknown): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (fault) waiting?.fail(new WebDriverError(waiting.name, fault));
    else waiting?.settle(result instanceof Object && "value" in result ? result.value : result);
  }

  private failAll(why: string): void {
    for (const { name, fail } of this.waiting.values()) fail(new Error(`${name}: ${why}`));
    this.waiting.clear();
  }
}
