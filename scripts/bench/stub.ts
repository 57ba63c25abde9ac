import { type StubOptions, startStub } from "../../test/providers/throttling-stub.ts";

/** A cloud in a process of its own, so that its work is not ours. Says where it is, and ends with its standard input. */
const stub = await startStub(JSON.parse(process.argv[2] ?? "") as StubOptions);
process.stdout.write(`${stub.endpoint}\n`);
process.stdin.on("end", () => stub.close()).resume();
