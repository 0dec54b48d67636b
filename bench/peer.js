// The other way: a daemon beside nginx that judges each request's bearer token, as nginx's auth_request asks it to.
// Its words: a file with the JWK Set, the issuer, the audience. It says "listening PORT".
'use strict';
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { importJWK, jwtVerify } = require('jose');

const [file, issuer, audience] = process.argv.slice(2);
const { keys } = JSON.parse(readFileSync(file));
const [jwk] = keys.filter(({ use }) => use === 'sig');
const key = importJWK(jwk, jwk.alg);

const server = createServer({ keepAliveTimeout: 60000 }, async (request, response) => {
  try {
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization);
    const { payload } = await jwtVerify(token, await key, { issuer, audience, algorithms: [jwk.alg], typ: 'at+jwt' });
    response.writeHead(204, { 'Remote-User': payload.sub });
  } catch {
    response.writeHead(401);
  }
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
