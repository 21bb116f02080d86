/** Numbers as the window and reports write them: tabular, thin spaces between groups of three, with units. */

const thinSpace = '\u2009'
const noBreakThinSpace = '\u202f'

let decimalSign = '.'

/** What stands before the decimals from now on, in numbers that are shown; what is typed may have either. */
export function setDecimalSign(sign: 'point' | 'comma'): void {
  decimalSign = sign === 'comma' ? ',' : '.'
}

function signed(text: string): string {
  return decimalSign === '.' ? text : text.replace('.', decimalSign)
}

/** 1234567 → "1 234 567" with thin spaces. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, noBreakThinSpace)
}

const decimalUnits = [
  { size: 1e12, name: 'T' },
  { size: 1e9, name: 'G' },
  { size: 1e6, name: 'M' },
  { size: 1e3, name: 'k' },
] as const

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return signed(value.toFixed(value >= 10 ? 1 : 2))
}

/** 22_050_664 → "22.1 M", with an optional unit: "9.20 GFLOP". */
export function formatShort(value: number, unit = ''): string {
  const scale = decimalUnits.find(({ size }) => Math.abs(value) >= size)
  if (scale === undefined) return unit === '' ? formatCount(value) : `${formatCount(value)}${thinSpace}${unit}`
  return `${threeDigits(value / scale.size)}${thinSpace}${scale.name}${unit}`
}

const binaryUnits = [
  { size: 2 ** 40, name: 'TiB' },
  { size: 2 ** 30, name: 'GiB' },
  { size: 2 ** 20, name: 'MiB' },
  { size: 2 ** 10, name: 'KiB' },
] as const

export function formatBytes(bytes: number): string {
  const scale = binaryUnits.find(({ size }) => bytes >= size)
  if (scale === undefined) return `${formatCount(bytes)}${thinSpace}B`
  return `${threeDigits(bytes / scale.size)}${thinSpace}${scale.name}`
}

/** Seconds as "0:42", "12:05" or "3:04:10". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const rest = (whole % 60).toString().padStart(2, '0')
  return hours > 0 ? `${hours}:${minutes.toString().padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** A fraction from 0 to 1 as "87.5 %". */
export function formatPercent(fraction: number, digits = 1): string {
  return `${signed((fraction * 100).toFixed(digits))}${thinSpace}%`
}

/** 0.0001 → "1e-4", 0.05 → "0.05": settings as people type them. */
export function formatSetting(value: number): string {
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) return String(Number(value.toPrecision(6)))
  return value.toExponential().replace('e+', 'e')
}

/** A measured number with four significant digits. */
export function formatMeasure(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5
    ? signed(value.toExponential(2))
    : signed(String(Number(value.toPrecision(4))))
}

export function formatDate(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  return date.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
}
