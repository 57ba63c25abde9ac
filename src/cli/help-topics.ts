const EXIT_CODES = `Exit codes

    0  done; for a containment: contained and verified
    1  defect or environment error
    2  usage or invalid configuration
    3  declined, or no terminal and no --yes
    4  not authenticated, or denied by the provider
    5  plan stale, expired or already applied
    6  partial: some changes were refused, stayed unknown or were not attempted
    7  applied but not verified
    8  approval pending, or an approval given is invalid
    9  audit log unavailable, broken or forked
   10  refused by a guard or by an approver
  130  interrupted by SIGINT        143  by SIGTERM; the log is consistent

  audit verify: 0 verified, 10 verified with declared gaps, 20 incomplete,
  30 tampered, 2 usage
`;

const ENVIRONMENT = `Environment

  SOC2_ER_CONFIG     organization's file, as --config
  SOC2_ER_HOME       state and local log, as --home
  SOC2_ER_KEY        SSH key that signs, as --key; else SSH_AUTH_SOCK is asked
  SOC2_ER_INCIDENT   incident, as --incident
  NO_COLOR           no color; FORCE_COLOR colors pipes too
  CI                 any value but 0 and false: never ask, never repaint
  ACCESSIBLE         never repaint
  COLUMNS            width where the output is no terminal
  XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME
  NODE_DISABLE_COMPILE_CACHE   no cache of compiled code

  The clouds' own variables work unchanged: AWS_PROFILE, AWS_ENDPOINT_URL, AZURE_*
`;

const OUTPUT = `Output

  The result goes to stdout, everything else to stderr.
  --json     exactly one JSON document on stdout, also on failure:
             {"schema":"soc2-er/error@1","error":{"code","message","hints","exit"}}
  --ndjson   one JSON message a line, the last is the result
  --quiet    result and errors only
  Documents name their schema (soc2-er/<noun>@<version>); within a version fields are only
  added. "next" holds the commands to type next, as argv arrays. Times are UTC.
`;

const TOPICS: Readonly<Record<string, string>> = { environment: ENVIRONMENT, "exit-codes": EXIT_CODES, output: OUTPUT };

export const TOPIC_NAMES: readonly string[] = Object.keys(TOPICS);

/** Null when the word is no topic. */
export function helpTopic(name: string): string | null {
  return TOPICS[name] ?? null;
}
