/** placeholder until the verifier lands */
export type Verification = { verdict: "verified" | "verified-with-gaps" | "incomplete" | "tampered"; origin: string; entries: number; writers: number; findings: readonly { code: string; at: string; detail: string }[]; notChecked: readonly string[] };
export async function verifyHome(_options: { folder: string; origin?: string }): Promise<Verification> { throw new Error("no verifier yet"); }
