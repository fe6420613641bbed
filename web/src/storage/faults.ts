/** Why photos are not kept. */
export type Fault =
  /** The browser has no database for this page, as in some private windows. */
  | "unavailable"
  /** The space that the browser gives this page is used up. */
  | "full"
  /** A newer version of the page uses the database. */
  | "newer"
  /** The browser has deleted what was kept, while the page was open. */
  | "deleted"
  /** Nothing is to be kept, and what was kept before could not be deleted. */
  | "undeleted"
  /** Anything else: the disk, or a file that is gone. */
  | "unwritten";

/** What an error of the database means, if its name tells; otherwise `other`. */
export function faultOf(error: unknown, other: Fault): Fault {
  const { name } = Object(error) as { name?: string };
  if (name === "QuotaExceededError") return "full";
  if (name === "VersionError") return "newer";
  return other;
}
