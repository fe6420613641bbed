import { rmSync } from "node:fs";
import { FOLDER } from "./servers";

export default function teardown(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}
