import { execFileSync } from "node:child_process";
import { FOLDER, PYTHON } from "./servers";

/** Makes the photos of the tests. */
export default function setup(): void {
  execFileSync(PYTHON, ["e2e/photos.py", FOLDER], { stdio: ["ignore", "ignore", "inherit"] });
}
