const PATTERNS: readonly RegExp[] = [
  /\barn:aws[a-z-]*:[a-z0-9-]*:\S*/,
  /\b(sg|acl|vpc|subnet|eni|i|igw|nat|rtb|vol|snap|ami|lt|tgw|pcx|eipalloc)-[0-9a-f]{8}(?:[0-9a-f]{9})?\b/,
  /\bA[KS]IA[A-Z0-9]{12,}\b/,
  /\bA(?:RO|ID|GP|NP)A[A-Z0-9]{12,}\b/,
  /(?:^|\W)\/?subscriptions\/[0-9a-fA-F-]{8,}\S*/,
  /\bs3:\/\/\S+/,
  /\b[a-z0-9.-]+\.s3[.-][a-z0-9.-]*amazonaws\.com\b/,
  /\b\d{12}\b/,
  /\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b/,
];

/** Keys whose values name one resource of one organization by nature. */
const BUCKET_KEY = /^(bucket|bucketName|ipSet|securityGroup|networkAcl|vpc|subnet|instance|userName|roleName)$/i;

export type FoundId = { readonly path: readonly PropertyKey[]; readonly found: string };

/** Values that name one resource of one organization, anywhere in a document. Prose (`description`, `title`) is looked at too: ids go stale there as well. */
export function* resourceIdsIn(value: unknown, path: readonly PropertyKey[] = []): Generator<FoundId> {
  if (typeof value === "string") {
    const match = PATTERNS.map((pattern) => pattern.exec(value)).find((found) => found !== null);
    const key = path.at(-1);
    if (match) yield { path, found: match[0].trim() };
    else if (path.at(-2) === "with" && typeof key === "string" && BUCKET_KEY.test(key)) yield { path, found: value };
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* resourceIdsIn(item, [...path, index]);
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) yield* resourceIdsIn(item, [...path, key]);
  }
}
