import type { Pin } from "../pin.ts";

/** The page in a bundle for whoever is handed one. */
export function auditorsPage({ origin, mode }: Pin): string {
  return `# An audit log to verify

A copy of the ${mode} audit log \`${origin}\` of soc2-er, as one machine has it, byte for byte.

| what | is |
|---|---|
| \`log/\` | the log: batches as the stores have them, segments as this machine wrote them, plans, what crashes left |
| \`manifest.json\` | every file with its digest, against damage on the way. Whoever made the bundle made it too: it proves nothing |
| \`verifier.cjs\` | the verifier, one readable file for Node 20 and newer, without network and without packages |

## Verify

\`\`\`
node verifier.cjs THIS-FOLDER --genesis sha256:… --versions versions.ndjson --population population.csv
\`\`\`

* **Take the verifier from a package that you fetched yourself.** The one here came from those whose log it judges.
* **\`--genesis\` is the digest of the founding entry from your own working papers**, noted when you first saw this log. A bundle
  that brings its own proves only that it agrees with itself; without the option the verifier says so.
* **\`--versions\` is the list of all object versions in the store**, taken by you with a role of yours that only reads:
  \`soc2-er audit export --inventory --out versions.ndjson\`, or
  \`aws s3api list-object-versions --bucket … --prefix … --output json\`, which lacks locks and sums. A store that locks its objects
  keeps what was put over one or hides it, and only this list shows it.
* **\`--population\`** writes every privileged action as one row of CSV, to draw a sample from.

| exit | verdict |
|---|---|
| 0 | verified |
| 10 | verified with gaps: all of it holds, and it says itself where less is proven |
| 20 | incomplete: something that is spoken of is not here |
| 30 | tampered: something is here that does not hold |
| 2 | wrong usage, or the folder cannot be read |

Read what was *not checked*: it is part of every answer. How the log is built, what each code means, and how to verify it by hand with
Python, OpenSSL and OpenSSH alone, stands in \`docs/audit-log.md\` of the package.

The log names people, resources and what was done to whom. Keep it as you keep such things.
`;
}
