import { DescribeUserPoolClientCommand, ListUserPoolClientsCommand } from "@aws-sdk/client-cognito-identity-provider";
import { compact } from "../../../model/index.ts";
import { everyPage, type ReadScope } from "../../../providers/index.ts";

type Pool = { readonly account: string; readonly region: string; readonly pool: string };

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { seconds: 1_000, minutes: 60_000, hours: HOUR_MS, days: 24 * HOUR_MS };
/** What a client has that says nothing. */
const DEFAULT_MS = HOUR_MS;

/** How long the access and identity tokens of a pool live, at the client that lets them live longest. */
export async function longestTokenMs(scope: ReadScope, { account, region, pool }: Pool): Promise<number> {
  const cognito = await scope.aws("cognito", { account, region });
  const clients = await everyPage(
    (from) => cognito.send(new ListUserPoolClientsCommand(compact({ UserPoolId: pool, MaxResults: 60, NextToken: from }))),
    ({ UserPoolClients }) => UserPoolClients,
  );
  const lives: number[] = [];
  for (const { ClientId } of clients) {
    const { UserPoolClient: client } = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId: pool, ClientId }));
    const { AccessToken, IdToken } = client?.TokenValidityUnits ?? {};
    lives.push(lifeOf(client?.AccessTokenValidity, AccessToken), lifeOf(client?.IdTokenValidity, IdToken));
  }
  return lives.length === 0 ? DEFAULT_MS : Math.max(...lives);
}

/** A number alone counts hours. */
function lifeOf(validity: number | undefined, unit = "hours"): number {
  return validity === undefined || validity === 0 ? DEFAULT_MS : validity * (UNIT_MS[unit] ?? HOUR_MS);
}
