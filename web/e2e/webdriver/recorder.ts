/** A server between a browser and the service, which passes everything on and keeps the pictures of the answers. */
import { createParser } from "eventsource-parser";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { components } from "../../src/api/schema";

type Answer = components["schemas"]["EnhanceResponse"];

export class Recorder {
  readonly pictures: Buffer[] = [];
  private readonly server = createServer((asked, answer) => this.pass(asked, answer));

  private constructor(private readonly service: string) {}

  static async before(service: string): Promise<Recorder> {
    const recorder = new Recorder(service);
    await new Promise<void>((ready) => recorder.server.listen(0, "127.0.0.1", ready));
    return recorder;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers } = asked;
    const passed = request(this.service + asked.url, { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.rawHeaders);
      given.pipe(answer);
      if (given.headers["content-type"]?.startsWith("text/event-stream")) this.keepPicture(given);
    });
    passed.on("error", (error) => answer.destroy(error));
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  }

  private keepPicture(events: IncomingMessage): void {
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event !== "result") return;
        const { restored_image } = (JSON.parse(data) as Answer).data;
        if (restored_image) this.pictures.push(Buffer.from(restored_image, "base64"));
      },
    });
    const decoder = new TextDecoder();
    events.on("data", (piece: Buffer) => parser.feed(decoder.decode(piece, { stream: true })));
  }
}
