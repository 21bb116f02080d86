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
