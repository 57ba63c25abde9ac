import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { contains, overlaps, parseCidr } from "../../src/model/index.ts";

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join("."));
const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
  fc
    .tuple(fc.array(group, { maxLength: 3 }), fc.array(group, { maxLength: 3 }))
    .map(([head, tail]) => `${head.join(":")}::${tail.join(":")}`),
  fc.tuple(fc.array(group, { maxLength: 3 }), ipv4).map(([head, tail]) => `${head.join(":")}${head.length ? "::" : "::"}${tail}`),
);
const mess = fc.oneof(fc.string({ maxLength: 20 }), fc.stringMatching(/^[0-9a-f:./]{1,20}$/));
const text = fc.oneof(
  ipv4,
  ipv6,
  fc.tuple(ipv4, fc.integer({ min: 0, max: 33 })).map((parts) => parts.join("/")),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 129 })).map((parts) => parts.join("/")),
  mess,
);

/** Python's ipaddress reads the same texts in one process; strict, so that host bits are refused there too. */
function oracle(texts: readonly string[]): (string | null)[] {
  const script = `
import sys, json, ipaddress
def read(text):
    try:
        net = ipaddress.ip_network(text, strict=True)
    except ValueError:
        return None
    return str(net.network_address) + "/" + str(net.prefixlen)
print(json.dumps([read(t) for t in json.load(sys.stdin)]))`;
  return JSON.parse(execFileSync("python3", ["-c", script], { input: JSON.stringify(texts), encoding: "utf8" })) as (
    | string
    | null
  )[];
}

/** Forms that Python takes and we do not: a netmask or leading zeros for a length, a zone. */
function lenient(candidate: string): boolean {
  return /\/.*\./.test(candidate) || /\/0\d/.test(candidate) || candidate.includes("%") || /\/$/.test(candidate);
}

test("networks are read as Python reads them", () => {
  const samples = fc.sample(text, 4_000).filter((candidate) => candidate.isWellFormed() && !lenient(candidate));
  const expected = oracle(samples);
  for (const [index, candidate] of samples.entries()) {
    const mine = parseCidr(candidate);
    const theirs = expected[index];
    // Python writes IPv4-mapped addresses with a dotted tail; compare by value there.
    if (theirs?.includes(".") && theirs.includes(":")) assert.equal(mine?.base, parseCidr(theirs)?.base, candidate);
    else assert.equal(mine?.text ?? null, theirs, candidate);
  }
});

test("host bits are refused, a bare address is a network of one", () => {
  assert.equal(parseCidr("203.0.113.7/24"), null);
  assert.equal(parseCidr("203.0.113.7")?.text, "203.0.113.7/32");
  assert.equal(parseCidr("2001:DB8:0:0:0:0:0:1")?.text, "2001:db8::1/128");
});

test("overlap and containment", () => {
  const net = (value: string) => parseCidr(value) ?? assert.fail(value);
  assert.ok(overlaps(net("10.0.0.0/8"), net("10.1.0.0/16")));
  assert.ok(!overlaps(net("10.0.0.0/8"), net("11.0.0.0/8")));
  assert.ok(!overlaps(net("::/0"), net("0.0.0.0/0")));
  assert.ok(contains(net("::/0"), net("2001:db8::/32")));
  assert.ok(!contains(net("10.1.0.0/16"), net("10.0.0.0/8")));
});
