import type { ResidualAccess } from "../../../model/index.ts";
import type { Database } from "./databases.ts";

/** What a database in quarantine still answers, and what opens it from elsewhere. */
export function residualOf(database: Database | null, words: string): ResidualAccess[] {
  if (database === null) return [];
  const said = `${words} "${database.name}"`;
  const connections: ResidualAccess = {
    what: `connections that were open at ${said}, and what they do there`,
    until: "until each is closed, or idle for the 5 days that it is tracked",
    why: "a change of security groups does not interrupt what is being tracked; end the sessions in the database, or deny the peer by a network ACL",
  };
  if (database.type === "db-proxy") {
    return [
      connections,
      {
        what: `further endpoints of ${said}`,
        until: "until their own security groups are changed",
        why: "an endpoint that was added to a proxy has groups of its own",
      },
    ];
  }
  return [
    connections,
    {
      what: `passwords of ${said}, the master user's among them, and IAM authentication tokens`,
      until: "until each password is changed; a token for 15 minutes from its issue",
      why: "the quarantine stops connections and no credentials: whoever comes by a way that stays open still signs in",
    },
    ...(database.dataApi === true
      ? [
          {
            what: `SQL over the RDS Data API at ${said}`,
            until: "until its HTTP endpoint is disabled, or whoever uses it is denied rds-data",
            why: "the Data API does not come through the VPC's security groups",
          },
        ]
      : []),
  ];
}
