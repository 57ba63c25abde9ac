/**
 * An attacker's own request, asked of whoever can answer it: the range, or a canary. Every containment names the requests it
 * means to stop, so that verification and exercises measure effect and not configuration.
 */
export type EffectQuestion =
  | {
      /** Does a signed call of this principal still succeed? */
      readonly kind: "aws-call";
      readonly account: string;
      readonly as:
        | { readonly user: string }
        | { readonly accessKeyId: string }
        /** A session of the role issued before `issuedBefore`. */
        | { readonly role: string; readonly issuedBefore: string }
        /** A session of the role under this name, whenever it was issued, and with this source identity. */
        | { readonly role: string; readonly session: string; readonly sourceIdentity?: string }
        /** Any principal of the account that the resource's own policy does not exempt. */
        | { readonly anyoneBut: readonly string[] };
      /** `*`, with resource `*`: any call that the principal's own policies allow it. */
      readonly operation: string;
      readonly resource: string;
      /** Condition keys that the request carries beside those of its caller: `dynamodb:LeadingKeys`. */
      readonly context?: { readonly [key: string]: readonly string[] };
    }
  | {
      /** Does a user of a directory of an application still get tokens, who knows the password? */
      readonly kind: "sign-in";
      readonly account: string;
      readonly region: string;
      /** A Cognito user pool's id. */
      readonly directory: string;
      readonly user: string;
    }
  | {
      /**
       * Does the access portal still issue sessions for what a user of Identity Center is granted by this, or does one that it
       * issued before still do anything?
       */
      readonly kind: "portal";
      readonly account: string;
      readonly region: string;
      /** The user's id. */
      readonly user: string;
      /** Of new sessions an assignment, `account/permission set`, or a group's id; of issued ones a permission set's. */
      readonly grant: string;
      readonly session: "new" | "issued";
    }
  | {
      /** Does an EKS cluster let a user or role in, whatever its policies deny it? */
      readonly kind: "cluster";
      readonly account: string;
      readonly region: string;
      readonly cluster: string;
      /** Its ARN. */
      readonly principal: string;
    }
  | {
      /** Does a request for this host name still get past the load balancer, by this listener? */
      readonly kind: "request";
      readonly account: string;
      readonly region: string;
      /** `app/NAME/1a2b…/2a3b…` */
      readonly listener: string;
      readonly host: string;
    }
  | {
      /** Does traffic between these two still pass? `established` asks about flows that were open before. */
      readonly kind: "flow";
      readonly provider: "aws" | "azure";
      readonly account: string;
      readonly region: string;
      /** An address or network outside, or `*` for anybody. */
      readonly peer: string;
      /** Networks of the peer's that are let in on purpose: nobody asks about them. */
      readonly but?: readonly string[];
      /** The id of what stands in between (an interface, an ACL, an IP set, a load balancer, a distribution, …), or a rule group's name. */
      readonly at: string;
      readonly direction: "in" | "out" | "both";
      readonly established: boolean;
    };

/** `blocked` and `open` were seen; `unknown` means nobody could look. */
export type EffectAnswer = "blocked" | "open" | "unknown";

export interface EffectObserver {
  ask(question: EffectQuestion): Promise<EffectAnswer>;
}
