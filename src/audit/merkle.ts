import { createHash } from "node:crypto";

/**
 * The tree head over a growing list of entries (RFC 6962, section 2.1) in memory logarithmic in their number: the roots of the
 * complete subtrees, largest first.
 */
export class MerkleTree {
  readonly #subtrees: { readonly size: number; readonly hash: Buffer }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    let node = { size: 1, hash: sha256(Buffer.of(0), leaf) };
    for (let last = this.#subtrees.at(-1); last?.size === node.size; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      node = { size: node.size * 2, hash: sha256(Buffer.of(1), last.hash, node.hash) };
    }
    this.#subtrees.push(node);
    this.#size++;
  }

  /** In hex. */
  root(): string {
    const [last, ...larger] = this.#subtrees.toReversed();
    if (last === undefined) return sha256().toString("hex");
    return larger.reduce((hash, subtree) => sha256(Buffer.of(1), subtree.hash, hash), last.hash).toString("hex");
  }

  copy(): MerkleTree {
    const tree = new MerkleTree();
    tree.#subtrees.push(...this.#subtrees);
    tree.#size = this.#size;
    return tree;
  }
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
