import type { GlobalThemeOverrides } from 'naive-ui'
import type { ChartTheme } from './charts/chartTheme'
import type { SceneTheme } from './export/scene'
import type { ConfusionColours } from './maps/confusion'

/** Every colour of the window. Text has at least 4.5:1 against the surfaces that it is set on. */
interface Palette {
  accent: string
  accentHover: string
  accentPressed: string
  onAccent: string
  page: string
  surface: string
  raised: string
  hairline: string
  text: string
  mutedText: string
  error: string
  warning: string
  success: string
}

const light: Palette = {
  accent: '#0f766e',
  accentHover: '#0d9488',
  accentPressed: '#115e59',
  onAccent: '#ffffff',
  page: '#f6f7f7',
  surface: '#ffffff',
  raised: '#ffffff',
  hairline: '#dfe3e3',
  text: '#1b2222',
  mutedText: '#5a6565',
  error: '#b42318',
  warning: '#8a5300',
  success: '#0f766e',
}

const dark: Palette = {
  accent: '#2dd4bf',
  accentHover: '#5eead4',
  accentPressed: '#14b8a6',
  onAccent: '#06211e',
  page: '#121616',
  surface: '#191e1e',
  raised: '#212828',
  hairline: '#2f3838',
  text: '#e8eded',
  mutedText: '#9aa7a7',
  error: '#f97066',
  warning: '#fdb022',
  success: '#2dd4bf',
}

export type EffectiveTheme = 'light' | 'dark'

const palettes: Record<EffectiveTheme, Palette> = { light, dark }

export const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif'

/** The same colours as custom properties, for the style sheets of components. */
export function cssVariables(theme: EffectiveTheme): Record<string, string> {
  const palette = palettes[theme]
  return {
    '--accent': palette.accent,
    '--on-accent': palette.onAccent,
    '--page': palette.page,
    '--surface': palette.surface,
    '--raised': palette.raised,
    '--hairline': palette.hairline,
    '--text': palette.text,
    '--muted': palette.mutedText,
    '--error': palette.error,
    '--warning': palette.warning,
    '--success': palette.success,
  }
}

export function naiveOverrides(theme: EffectiveTheme): GlobalThemeOverrides {
  const palette = palettes[theme]
  return {
    common: {
      primaryColor: palette.accent,
      primaryColorHover: palette.accentHover,
      primaryColorPressed: palette.accentPressed,
      primaryColorSuppl: palette.accentHover,
      errorColor: palette.error,
      warningColor: palette.warning,
      successColor: palette.success,
      bodyColor: palette.page,
      cardColor: palette.surface,
      modalColor: palette.raised,
      popoverColor: palette.raised,
      tableColor: palette.surface,
      inputColor: palette.surface,
      borderColor: palette.hairline,
      dividerColor: palette.hairline,
      textColorBase: palette.text,
      textColor1: palette.text,
      textColor2: palette.text,
      textColor3: palette.mutedText,
      placeholderColor: palette.mutedText,
      borderRadius: '6px',
      borderRadiusSmall: '4px',
      fontFamily,
      fontSize: '14px',
      boxShadow1: 'none',
      boxShadow2: `0 0 0 1px ${palette.hairline}, 0 6px 20px rgb(0 0 0 / 14%)`,
      boxShadow3: `0 0 0 1px ${palette.hairline}, 0 10px 32px rgb(0 0 0 / 20%)`,
    },
    Input: { border: `1px solid ${palette.hairline}`, borderDisabled: `1px solid ${palette.hairline}` },
    Select: { peers: { InternalSelection: { border: `1px solid ${palette.hairline}` } } },
    Progress: { fillColor: palette.accent },
    Button: { textColorPrimary: palette.onAccent, textColorHoverPrimary: palette.onAccent },
    Tabs: { tabGapMediumLine: '24px', tabPaddingMediumLine: '8px 0' },
    Tooltip: { color: palette.raised, textColor: palette.text, peers: { Popover: { textColor: palette.text } } },
    DataTable: { thColor: palette.surface, thColorHover: palette.surface },
  }
}

/** Colours of confusion matrices; errors stand out from hits for people who see few colours too. */
export function confusionColours(theme: EffectiveTheme): ConfusionColours & {
  background: string
  line: string
  text: string
  /** Text on a cell that is nearly full. */
  onStrong: string
} {
  const { surface, hairline, text, onAccent } = palettes[theme]
  const hues = theme === 'light' ? lightConfusion : darkConfusion
  return { ...hues, background: surface, line: hairline, text, onStrong: onAccent }
}

/** Colours of maps of images, besides those of classes. */
export function mapColours(
  theme: EffectiveTheme,
): Pick<Palette, 'surface' | 'accent'> & { line: string; correct: string; error: string } {
  const { surface, accent, text } = palettes[theme]
  const [correct, error] = theme === 'light' ? ['#9aa5a5', '#c2410c'] : ['#5f6c6c', '#fb923c']
  return { surface, accent, line: text, correct, error }
}

const lightConfusion: ConfusionColours = { correct: [15, 118, 110], error: [194, 65, 12] }
const darkConfusion: ConfusionColours = { correct: [45, 212, 191], error: [251, 146, 60] }

/** Colours of figures that are exported. */
export function sceneTheme(theme: EffectiveTheme): SceneTheme {
  const { surface, text, mutedText, hairline } = palettes[theme]
  return { background: surface, text, mutedText, line: hairline, fontFamily }
}

export function chartTheme(theme: EffectiveTheme): ChartTheme {
  const palette = palettes[theme]
  return {
    text: palette.text,
    mutedText: palette.mutedText,
    gridLine: palette.hairline,
    surface: palette.raised,
    accent: palette.accent,
    fontFamily,
    training: theme === 'light' ? '#7fc4bd' : '#3f9c91',
    validation: theme === 'light' ? '#0b5750' : '#4fe3d0',
  }
}
