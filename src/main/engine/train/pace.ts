/** Measures how fast a run goes, for the time that is left. Recent steps count most. */
export class Pace {
  private secondsPerStep: number | null = null
  private secondsPerValidation = 0

  sawStep(seconds: number) {
    this.secondsPerStep = this.secondsPerStep === null ? seconds : this.secondsPerStep * 0.9 + seconds * 0.1
  }

  sawValidation(seconds: number) {
    this.secondsPerValidation = seconds
  }

  /** Null until a step was seen. */
  secondsLeft(steps: number, validations: number): number | null {
    return this.secondsPerStep === null ? null : steps * this.secondsPerStep + validations * this.secondsPerValidation
  }
}
