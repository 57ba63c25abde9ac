import type { PipelineResponse } from "@azure/core-rest-pipeline";
import type { Clock } from "../../model/index.ts";

/** Longest pause that an answer may ask for. */
const LONGEST_PAUSE_MS = 60_000;
const SAID = 300;

type Said = { readonly code: string; readonly message: string };
type ArmError = { readonly code?: unknown; readonly message?: unknown; readonly details?: unknown };

/**
 * What an answer says of an error. `readable` is false for a body that is not JSON, which a gateway in
 * between may send under any status.
 */
export function errorOf({ bodyAsText, status, headers }: PipelineResponse): Said & { readonly readable: boolean } {
  const text = bodyAsText ?? "";
  if (status >= 300 && status < 400) {
    const message = `a redirect to "${headers.get("location") ?? ""}" was refused`;
    return { readable: true, code: "Redirect", message };
  }
  if (text === "") return { readable: true, code: String(status), message: `status ${status} without a body` };
  const body = parsed(text);
  if (body === null) return { readable: false, code: String(status), message: text.slice(0, SAID) };
  return { readable: true, ...said(body, String(status), text) };
}

/** Of a poll's answer: how the operation failed; null while it runs or when it succeeded. */
export function failedOperation({ bodyAsText }: PipelineResponse): Said | null {
  const body = parsed(bodyAsText ?? "");
  const status = body?.["status"];
  if (typeof status !== "string" || !/^(failed|cancell?ed)$/i.test(status)) return null;
  return said(body ?? {}, status, `the operation ended as "${status}"`);
}

/** Seconds or a date; null = nothing was asked. */
export function retryAfterMs({ headers }: PipelineResponse, clock: Clock): number | null {
  const value = headers.get("retry-after");
  if (value === undefined) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - clock.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), LONGEST_PAUSE_MS);
}

/** Most errors come under `error`; some gateways of the service send the same without it. */
function said(body: Readonly<Record<string, unknown>>, code: string, message: string): Said {
  const error = (isRecord(body["error"]) ? body["error"] : body) as ArmError;
  const outer = typeof error.code === "string" && error.code !== "" ? error.code : code;
  const text = typeof error.message === "string" && error.message !== "" ? error.message : message.slice(0, SAID);
  return { code: outer, message: text };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
