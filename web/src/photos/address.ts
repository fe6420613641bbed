/** Addresses of photos on the web. */

/** The longest address that the server takes. */
const MAX_LENGTH = 4000;

/**
 * The http and https addresses in a text that has one on each line, as browsers give links. None if a line is anything
 * else; lines that begin with # are comments (RFC 2483).
 */
export function addressesIn(text: string): string[] {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const addresses = lines.map(addressOf).filter((address) => address !== null);
  return addresses.length === lines.length ? addresses : [];
}

/** The address in what a person typed, who may have left out https://; null if it is none. */
export function typedAddress(text: string): string | null {
  const typed = text.trim();
  const isWithoutScheme = /^[^\s/:@]+\.[^\s/:@]+(\/|$)/.test(typed);
  return addressOf(isWithoutScheme ? `https://${typed}` : typed);
}

/** A name for the photo at an address: the last part of the path, else the host. */
export function nameOf(address: string): string {
  const { pathname, hostname } = new URL(address);
  const last = pathname.split("/").findLast((part) => part !== "");
  if (last === undefined) return hostname;
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // percent signs that code nothing
  }
}

function addressOf(text: string): string | null {
  if (!/^https?:\/\/\S+$/i.test(text)) return null;
  try {
    const { href } = new URL(text);
    return href.length <= MAX_LENGTH ? href : null;
  } catch {
    return null;
  }
}
