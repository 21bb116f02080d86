/** The colours that an option builder needs; it knows nothing of components. */
export interface ChartTheme {
  text: string
  mutedText: string
  gridLine: string
  surface: string
  accent: string
  fontFamily: string
  /** Training and validation are one hue; validation stands out more. */
  training: string
  validation: string
}

/** Numbers and names along an axis. */
export function axisText({ mutedText, fontFamily }: ChartTheme) {
  return { color: mutedText, fontFamily, fontSize: 11 }
}

/** The look of what is told of a point under the pointer. */
export function tooltipBox({ surface, gridLine, text, fontFamily }: ChartTheme) {
  return {
    backgroundColor: surface,
    borderColor: gridLine,
    textStyle: { color: text, fontFamily, fontSize: 12 },
    confine: true,
  }
}
