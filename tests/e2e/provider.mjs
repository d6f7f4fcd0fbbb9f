// A provider of OpenID Connect as small as a test needs, on the loopback: what it says of a person is set by the test.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startProvider({ clientId, secret }) {
  const codes = new Map();
  const provider = { claims: { sub: '7' }, spoil: {}, tokenCalls: 0 };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, provider.issuer);
    const reply = (status, value) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(value)); };
    if (url.pathname === '/.well-known/openid-configuration') {
      reply(200, { issuer: provider.issuer, authorization_endpoint: `${provider.issuer}/authorize`, token_endpoint: `${provider.issuer}/token` });
    } else if (url.pathname === '/authorize') {
      const code = randomBytes(9).toString('base64url');
      codes.set(code, Object.fromEntries(url.searchParams));
      const back = new URL(url.searchParams.get('redirect_uri'));
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state'));
      response.writeHead(302, { location: back.href });
      response.end();
    } else if (url.pathname === '/token') {
      provider.tokenCalls++;
      let body = '';
      for await (const piece of request) body += piece;
      const form = new URLSearchParams(body), asked = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
      const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
      if (!asked || request.headers.authorization !== basic || challenge !== asked.code_challenge || asked.code_challenge_method !== 'S256' || form.get('redirect_uri') !== asked.redirect_uri) {
        reply(400, { error: 'invalid_grant' });
        return;
      }
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: provider.issuer, aud: clientId, iat: now, exp: now + 300, nonce: asked.nonce, ...provider.claims, ...provider.spoil };
      reply(200, { token_type: 'Bearer', access_token: 'x', id_token: `${b64({ alg: 'RS256' })}.${b64(claims)}.x` });
    } else {
      reply(404, {});
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  provider.issuer = `http://127.0.0.1:${server.address().port}`;
  provider.stop = () => server.close();
  return provider;
}
