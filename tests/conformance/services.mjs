// The outside services that the features call, answered here: a pet shop, an echo, authentications, redirects, statuses.
import http from 'node:http';

const pets = [{ id: 1, name: 'Baekgu', status: 'available' }, { id: 2, name: 'Nureongi', status: 'available' }];

function answer(request, url) {
  const parts = url.pathname.split('/').filter(Boolean);
  if (parts[0] === 'v2' && parts[1] === 'pet') {
    if (parts[2] === 'findByStatus')
      return [200, pets.filter((p) => p.status === url.searchParams.get('status'))];
    const pet = parts.length === 3 && pets.find((p) => p.id === Number(parts[2]));
    return pet ? [200, pet] : [404, { code: 1, type: 'error', message: 'Pet not found' }];
  }
  if (parts[0] === 'basic-auth') {
    const wanted = 'Basic ' + Buffer.from(`${parts[1]}:${parts[2]}`).toString('base64');
    return request.headers.authorization === wanted ? [200, { authenticated: true, user: parts[1] }] : [401, {}];
  }
  if (parts[0] === 'bearer') return request.headers.authorization === `Bearer ${parts[1]}` ? [200, { authenticated: true }] : [401, {}];
  if (parts[0] === 'redirect') return [302, '', { location: '/' + parts.slice(1).join('/') }];
  if (parts[0] === 'text') return [200, decodeURIComponent(parts[1]), { 'content-type': 'text/plain; charset=utf-8' }];
  if (parts[0] === 'broken') return [200, '{"half": ', { 'content-type': 'application/json' }];
  if (parts[0] === 'empty') return [204, ''];
  if (parts[0] === 'status') return [Number(parts[1]), { said: 'as asked' }];
  if (parts[0] === 'echo') return [200, { method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: request.headers, body: request.body }];
  return [404, {}];
}

export function startServices() {
  const counts = new Map();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      try { request.body = JSON.parse(text); } catch { request.body = text; }
      let [status, body, headers] = answer(request, url);
      // /flaky/N/KEY fails N times with 503, then answers: for retries.
      const flaky = /^\/flaky\/(\d+)\/(.+)$/.exec(url.pathname);
      if (flaky) {
        const seen = counts.get(flaky[2]) ?? 0;
        counts.set(flaky[2], seen + 1);
        [status, body] = seen < Number(flaky[1]) ? [503, {}] : [200, { tries: seen + 1 }];
      }
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
