/** Who feels each action and what it does not stop, by action id. */
export async function blastRadii(): Promise<ReadonlyMap<string, string>> {
  const { actionList } = await import("../actions/index.ts");
  return new Map(actionList.map(({ id, blastRadius }) => [id, blastRadius]));
}
