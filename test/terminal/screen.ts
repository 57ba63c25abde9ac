import { Output, type OutputOptions, paintFor, type View } from "../../src/terminal/index.ts";

/** What was written, and an Output that writes there. */
export function recorder(options: Partial<Omit<OutputOptions, "stdout" | "stderr">> & { tty?: boolean; columns?: number } = {}) {
  const { tty = false, columns, ...rest } = options;
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    write(text: string) {
      written[name] += text;
    },
    isTTY: tty,
    ...(columns === undefined ? {} : { columns }),
  });
  const output = new Output({
    stdin: { isTTY: tty },
    stdout: stream("out"),
    stderr: stream("err"),
    env: {},
    format: "human",
    color: "auto",
    input: true,
    quiet: false,
    verbose: false,
    debug: false,
    ...rest,
  });
  return { output, written };
}

export function plainView(width: number): View {
  return { width, paint: paintFor(0) };
}
