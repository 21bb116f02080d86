/**
 * What of main's environment an engine process gets. Everything else stays out: options meant for
 * another process, secrets of a shell that Vitrine was started from, libraries to be loaded in front
 * of the engine's own.
 */

const allowedNames = new Set([
  // The system
  'PATH',
  'HOME',
  'USERPROFILE',
  'LANG',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'XDG_DATA_HOME',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'NUMBER_OF_PROCESSORS',
  // Where the libraries of a GPU are
  'LD_LIBRARY_PATH',
  // Memory and threads
  'GLIBC_TUNABLES',
  'UV_THREADPOOL_SIZE',
  // Downloads through a proxy, with the certificates of an organisation
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_USE_ENV_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
])

/** Of Vitrine itself, the locale, TensorFlow, its thread pools and its GPU libraries. */
const allowedBeginnings = [
  'VITRINE_',
  'LC_',
  'TF_',
  'XLA_',
  'OMP_',
  'KMP_',
  'MKL_',
  'ONEDNN_',
  'DNNL_',
  'CUDA_',
  'NVIDIA_',
]

/** The allowed variables; names are compared without case, which Windows does not tell apart either. */
export function allowedEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const allowed: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const upper = name.toUpperCase()
    const fits = allowedNames.has(upper) || allowedBeginnings.some((beginning) => upper.startsWith(beginning))
    if (fits && value !== undefined) allowed[name] = value
  }
  return allowed
}
