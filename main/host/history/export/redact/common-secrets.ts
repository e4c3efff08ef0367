// Secrets that no service's rule describes: passwords and tokens by what is around them, and tokens by their first letters alone,
// whatever their length will be one day. The first groups of a match are the secret, or all of it if there are none. Every
// repetition is bounded, so that a hostile line costs little.
import type { Range } from './secret-rules.ts'

const NAME =
  'passw(?:or)?d|passphrase|secret|credential|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|token|_pwd'

/**
 * A word of a shell, a string of a programming language, or a word: until its quote is closed, or the line ends. What follows
 * the prompt in `read -p "Password: "` is none.
 */
const VALUE = String.raw`(?:\\{0,3}"(?![\s;)])((?:[^"\\]|\\[^"]|\\"(?=[^,;:)\]}\s])){1,1024})|\\{0,3}'(?![\s;)])([^']{1,1024})|([^\s"',;\\=]{1,256}(?:"[^"]{1,512}"|'[^']{1,512}')|(?:\\.|[^\s"',;\\]|[,'"](?=[^\s"',;:)\]}])){4,1024}))`

/** One argument: quoted parts and others follow each other. Not an option, not a variable, not a placeholder such as <token>. */
const ARGUMENT = String.raw`(?!-|<|\$\{?[A-Za-z_]\w{0,64}\}?(?:["'\s]|$))((?:"(?:\\.|[^"\\]){1,1024}(?:"|$)|'[^']{1,1024}(?:'|$)|\\.|[^\s"'\\]){1,1024})`

export const COMMON_SECRETS: readonly { name: string; pattern: RegExp }[] = [
  { name: 'AWS access key IDs', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: 'GitHub tokens', pattern: /\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_[A-Za-z0-9_]{20,255}/ },
  { name: 'GitLab tokens', pattern: /\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,255}/ },
  { name: 'Slack tokens', pattern: /\bxox[a-z][.-][\w.%-]{10,1024}|\bxapp-[\w-]{10,1024}/ },
  { name: 'Stripe keys', pattern: /\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,255}|\bwhsec_[A-Za-z0-9+/=]{16,255}/ },
  { name: 'OpenAI, Anthropic and similar keys', pattern: /\bsk-[A-Za-z0-9_-]{20,1024}/ },
  { name: 'Google keys and tokens', pattern: /\bAIza[\w-]{35}|\bya29\.[\w-]{20,1024}|\bGOCSPX-[\w-]{20,64}/ },
  { name: 'npm tokens', pattern: /\bnpm_[A-Za-z0-9]{36}/ },
  { name: 'PyPI tokens', pattern: /\bpypi-[\w-]{50,1024}/ },
  { name: 'Hugging Face tokens', pattern: /\b(?:hf|api_org)_[A-Za-z0-9]{30,255}/ },
  { name: 'age keys', pattern: /\bAGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]{1,32})-(?:PQ-)?1[0-9A-Z]{50,2048}/i },
  { name: 'JSON web tokens', pattern: /\beyJ[\w-]{8,2048}\.eyJ[\w-]{8,2048}(?:\.[\w-]{0,1024})?/ },
  {
    // `passwd: password unchanged` is a message of the program of that name.
    name: 'passwords, tokens and keys after their name (`password: …`, `API_KEY=…`, `"secret": "…"`)',
    pattern: new RegExp(
      String.raw`(?!passwd:\s\S{1,64}\s\S)(?:${NAME})[\w-]{0,16}\\{0,3}["']?\s{0,4}(?:=>|:=|[=:])\s{0,4}${VALUE}`,
      'i',
    ),
  },
  {
    name: 'options (`--password …`, `--token=…`)',
    pattern: new RegExp(
      String.raw`(?:^|[\s"'\x60])--?(?:[\w-]{0,32}[-_])?(?:password|passwd|passphrase|passcode|pass|pwd|token|secret|api-?key|access-?key|secret-?key|private-?key|credentials?)["']?(?:=|\s{1,4})${ARGUMENT}`,
      'i',
    ),
  },
  {
    name: 'users and passwords of curl (`curl -u …`)',
    pattern: new RegExp(
      String.raw`(?:\bcurl\b.{0,2048}?\s|^\s{1,64}(?=-\S{1,16}\s["']?[\w.@-]{1,128}:))(?:-[A-Za-z]{0,8}[uU]|--user|--proxy-user)(?:=|\s{0,4})${ARGUMENT}`,
    ),
  },
  {
    name: 'passwords in single-letter options of mysql, sshpass, docker login, redis-cli, ldapsearch and similar',
    pattern: new RegExp(
      String.raw`\b(?:mysql\w{0,16}|mariadb\w{0,16}|(?:docker|podman|helm|az|oc|cf)\s.{0,64}?login|sshpass|smbclient|ldap\w{1,16}|mongo\w{0,16}|redis-cli|htpasswd|zip|7z\w?)\b.{0,512}?\s-[pPwa](?!\s{0,4}\d{1,5}(?:\s|$))\s{0,4}${ARGUMENT}`,
    ),
  },
  {
    name: 'Authorization headers and cookies',
    pattern:
      /\bauthorization\\?["']?\s{0,4}[:=,]\s{0,4}\\?["']?(?:[a-z][\w-]{0,20}\s{1,4})?([^\s"']{4,2048})|\bcookie\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?([\w.-]{1,128}=[^"'\\]{8,4096})/i,
  },
  {
    name: 'passwords and tokens in addresses (`https://user:password@host`)',
    pattern: /\b[a-z][a-z0-9+.-]{0,20}:\/\/(?:[^\s/:@"'<>]{0,128}:([^\s/"'<>]{1,256})|([A-Za-z0-9_-]{20,256}))@/i,
  },
  { name: 'passwords in .netrc', pattern: /\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(\S{1,256})/i },
  { name: 'passwords in SQL', pattern: /\b(?:identified\s{1,8}by|password)\s{1,8}(?:'([^']{1,256})|"([^"]{1,256}))/i },
  {
    name: 'credentials of npm and Docker',
    pattern: /\b_?auth\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?([A-Za-z0-9+/=]{12,1024})/i,
  },
  { name: 'passwords of OpenSSL (`-passin pass:…`)', pattern: /\bpass:(\S{1,256})/ },
]

/** A line without any of these has none of them; most lines have none. */
const HINT =
  /AKIA|ASIA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox|xapp-|[srp]k_|whsec_|sk-|AIza|GOCSPX|npm_|pypi-|hf_|api_org_|age-|ya29|eyJ|auth|cookie|:\/\/|pass|pwd|secret|credential|key|token|curl|^\s{1,64}-|mysql|maria|login|sshpass|smbclient|ldap|mongo|redis|zip|7z|identified/i

const patterns = COMMON_SECRETS.map(({ pattern: { source, flags } }) => new RegExp(source, `${flags}dg`))

/** Where secrets are in a line, in any order; they may overlap. */
export function commonSecrets(line: string): Range[] {
  const ranges: Range[] = []
  if (!HINT.test(line)) return ranges
  for (const pattern of patterns)
    for (const { indices } of line.matchAll(pattern)) {
      const groups = indices!.slice(1).filter(group => group !== undefined)
      ranges.push(...(groups.length > 0 ? groups : [indices![0]!]))
    }
  return ranges
}
