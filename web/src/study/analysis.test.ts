import { describe, expect, it } from 'vitest'
import type { Experiment, ParameterInfo, StudyDetail } from '../api/types'
import { axisPosition, bestExperiment, bestSoFar, improvement, outcome, ticks, toCsv } from './analysis'

function experiment(number: number, goal: number | null, rest: Partial<Experiment> = {}): Experiment {
  return {
    number,
    configuration: {},
    goal,
    feasible: true,
    failed: false,
    failure: '',
    metrics: {},
    trials: 1,
    started: '',
    ended: '',
    why: '',
    ...rest,
  }
}
const list = [
  experiment(1, 100),
  experiment(2, 40, { feasible: false }),
  experiment(3, null, { failed: true, failure: 'out of memory, "killed"' }),
  experiment(4, 80),
  experiment(5, 90),
]

describe('the best', () => {
  it('counts neither infeasible nor failed experiments', () => {
    expect(bestSoFar(list, 'minimize')).toEqual([100, 100, 100, 80, 80])
    expect(bestSoFar(list, 'maximize')).toEqual([100, 100, 100, 100, 100])
    expect(bestExperiment(list, 'minimize')?.number).toBe(4)
    expect(bestSoFar(list.slice(1, 3), 'minimize')).toEqual([null, null])
  })
  it('is better by a share of the baseline, whichever way is up', () => {
    expect(improvement(80, 100, 'minimize')).toBeCloseTo(0.2)
    expect(improvement(80, 100, 'maximize')).toBeCloseTo(-0.2)
    expect(improvement(-80, -100, 'maximize')).toBeCloseTo(0.2)
    expect(improvement(1, 0, 'minimize')).toBeNull()
  })
  it('has an outcome', () => {
    expect(list.map((e) => outcome(e, 4))).toEqual(['feasible', 'infeasible', 'failed', 'best', 'feasible'])
  })
})

describe('axes', () => {
  const number = { type: 'real', min: 10, max: 20, values: [] } as unknown as ParameterInfo
  const choice = { type: 'categorical', min: null, max: null, values: ['a', 'b', 'c'] } as unknown as ParameterInfo
  it('places values between the ends', () => {
    expect(axisPosition(number, 15)).toBe(0.5)
    expect(axisPosition(number, 99)).toBe(1)
    expect(axisPosition(choice, 'c')).toBe(1)
    expect(axisPosition(choice, 'z')).toBeNull()
    expect(axisPosition(number, undefined)).toBeNull()
  })
  it('has round ticks inside its ends', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(ticks(37, 163, 5)).toEqual([50, 100, 150])
    expect(ticks(3, 3, 5)).toEqual([3])
  })
})

describe('toCsv', () => {
  it('quotes what needs quotes and leaves missing values empty', () => {
    const study = {
      parameters: [{ name: 'heap' }],
      experiments_list: [experiment(1, 2, { configuration: { heap: 512 }, metrics: { p95: 10 } }), list[2]],
    }
    expect(toCsv(study as unknown as StudyDetail).split('\r\n')).toEqual([
      'experiment,started,ended,trials,goal,feasible,failed,failure,heap,p95',
      '1,,,1,2,true,false,,512,10',
      '3,,,1,,true,true,"out of memory, ""killed""",,',
      '',
    ])
  })
})
