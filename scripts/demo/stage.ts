import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const BINARY = join(ROOT, "dist/bin/soc2-er.cjs");

/** What a command answered. */
export type Answer = { readonly exit: number; readonly document: unknown };

export type Said = { readonly args: readonly string[]; readonly output: string };

/** The terminal of one operator, with a home of its own; every command is a process of the built binary. */
export class Stage {
  readonly home = mkdtempSync(join(tmpdir(), "soc2-er-demo-"));
  readonly #color = process.stdout.isTTY === true && !process.env["NO_COLOR"];

  say(text: string): void {
    const lines = text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
    process.stdout.write(`\n${this.#paint("36", lines.join("\n"))}\n`);
  }

  heading(text: string): void {
    process.stdout.write(`\n${this.#paint("1", `── ${text} ${"─".repeat(Math.max(0, 74 - text.length))}`)}\n`);
  }

  line(text: string, mark: "good" | "bad" | "plain" = "plain"): void {
    process.stdout.write(`  ${mark === "plain" ? text : this.#paint(mark === "good" ? "32" : "31", text)}\n`);
  }

  /** Shows the command as somebody types it, runs it, shows what it says. Throws unless it ends with the exit code that is expected. */
  async run(args: readonly string[], options: { who?: string; exit?: number; home?: string; only?: RegExp } = {}): Promise<void> {
    this.tell(await this.hear(args, options), options.only);
  }

  /** Runs a command without showing it yet. */
  async hear(args: readonly string[], options: { who?: string; exit?: number; home?: string } = {}): Promise<Said> {
    const { who, exit = 0, home = this.home } = options;
    const full = [...args, "--range", ...(who === undefined ? [] : ["--key", who])];
    const { code, output } = await start(full, home);
    if (code !== exit) throw new Error(`"soc2-er ${full.join(" ")}" ended with ${code}, not with ${exit}:\n${output}`);
    return { args: full, output };
  }

  tell({ args, output }: Said, only?: RegExp): void {
    this.#prompt(args);
    const said = output
      .split("\n")
      .filter((line) => !line.includes("simulated cloud, nothing real") && (only === undefined || only.test(line)));
    process.stdout.write(`${said.join("\n").trimEnd()}\n`);
  }

  /** Runs a command on a pseudo-terminal, so that its live progress is seen, and types the answer when it is asked. */
  async play(args: readonly string[], typed: string): Promise<void> {
    const full = [...args, "--range"];
    this.#prompt(full);
    const child = spawn("python3", ["-c", TYPIST, typed, process.execPath, BINARY, ...full], {
      stdio: ["ignore", "inherit", "inherit"],
      env: environment(this.home, { TERM: process.env["TERM"] ?? "xterm-256color", COLUMNS: "100" }),
    });
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (exit) => resolve(exit ?? 1));
    });
    if (code !== 0) throw new Error(`"soc2-er ${full.join(" ")}" ended with ${code}`);
  }

  async ask(args: readonly string[]): Promise<Answer> {
    const { code, answer } = await start([...args, "--range", "--json"], this.home);
    return { exit: code, document: JSON.parse(answer) };
  }

  #prompt(args: readonly string[]): void {
    process.stdout.write(`\n${this.#paint("2", "$")} ${this.#paint("1", `soc2-er ${args.map(shortened).join(" ")}`)}\n`);
  }

  #paint(code: string, text: string): string {
    return this.#color ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** A digest is shown as far as a person would type it. */
function shortened(word: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(word)) return `${word.slice(0, 19)}…`;
  return /\s/.test(word) ? `'${word}'` : word;
}

function environment(home: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: home, SOC2_ER_HOME: home, ...more };
}

async function start(args: readonly string[], home: string): Promise<{ code: number; output: string; answer: string }> {
  const child = spawn(process.execPath, [BINARY, ...args], { stdio: ["ignore", "pipe", "pipe"], env: environment(home) });
  let output = "";
  let answer = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    answer += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit) => resolve(exit ?? 1));
  });
  return { code, output, answer };
}

/** Types the answer, letter by letter, once the program on the pseudo-terminal asks for it. */
const TYPIST = `
import fcntl, os, pty, select, struct, sys, termios, time
answer, command = sys.argv[1], sys.argv[2:]
pid, master = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
seen, typed = b"", False
while True:
    ready, _, _ = select.select([master], [], [], 0.1)
    if ready:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    elif not typed and b"Type " in seen:
        for letter in answer:
            os.write(master, letter.encode())
            time.sleep(0.06)
        os.write(master, b"\\r")
        typed = True
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;
