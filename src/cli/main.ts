import { Command } from "commander";
import { systemClock } from "../model/index.ts";

export async function main(setup: { readonly home: string }): Promise<void> {
  const program = new Command("soc2-er");
  program.command("x").action(async () => {
    const { parsePublicKey } = await import("../signing/index.ts");
    console.log(parsePublicKey("x"), systemClock.now(), setup);
  });
  program.command("y").action(async () => {
    const { S3Client } = await import("@aws-sdk/client-s3");
    console.log(new S3Client({}));
  });
  await program.parseAsync();
}
