import { SignatureError } from "./signature-error.ts";

/** Reads the SSH wire encoding (RFC 4251 section 5). Every reader must end with `end()`: trailing bytes are refused. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new SignatureError("malformed", "SSH data ends too early");
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  /** A string that names something: printable ASCII, so that no two byte sequences read as the same name. */
  name(): string {
    const text = this.string().toString("latin1");
    if (!/^[\x21-\x7e]*$/.test(text)) throw new SignatureError("malformed", "SSH name holds bytes outside printable ASCII");
    return text;
  }

  /** A positive mpint of at most 32 bytes, left-padded to 32. */
  scalar(): Buffer {
    const bytes = this.string();
    const [first, second] = bytes;
    if (first === undefined || first >= 0x80) throw new SignatureError("malformed", "SSH integer is zero or negative");
    if (first === 0 && (second === undefined || second < 0x80))
      throw new SignatureError("malformed", "SSH integer is not minimal");
    const magnitude = first === 0 ? bytes.subarray(1) : bytes;
    if (magnitude.length > 32) throw new SignatureError("malformed", "SSH integer is longer than 32 bytes");
    return Buffer.concat([Buffer.alloc(32 - magnitude.length), magnitude]);
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new SignatureError("malformed", "SSH data goes on after its end");
  }
}

export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function wireString(value: Uint8Array | string): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([wireUint32(bytes.length), bytes]);
}

/** A big-endian positive number as mpint. */
export function wireScalar(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const magnitude = value.subarray(start);
  return wireString((magnitude[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
}

/** Base64 in the one spelling that the encoder writes: junk, the other alphabet and loose bits at the end are refused. */
export function strictBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new SignatureError("malformed", "not canonical base64");
  return bytes;
}
