import { describe, expect, it } from 'vitest'
import type { Experiment, ParameterInfo, StudyDetail } from '../api/types'
import {
  axisPosition,
  bestExperiment,
  bestPath,
  bestSoFar,
  changeWords,
  improvement,
  outcome,
  ticks,
  toCsv,
} from './analysis'

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
    era: 0,
    past: false,
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

describe('a change of what is measured', () => {
  const past = { era: 0, past: true }
  const now = { era: 1, past: false }
  const changed = [experiment(1, 100, past), experiment(2, 80, past), experiment(3, 200, now), experiment(4, 150, now)]
  it('begins the best anew', () => {
    expect(bestSoFar(changed, 'minimize')).toEqual([100, 80, 200, 150])
    expect(bestExperiment(changed, 'minimize')?.number).toBe(4)
    expect(bestExperiment(changed.slice(0, 2), 'minimize')).toBeNull()
  })
  it('breaks the line of the best', () => {
    const study = { experiments_list: changed, direction: 'minimize' } as unknown as StudyDetail
    const same = (v: number) => v
    expect(bestPath(study, same, same)).toBe('M1 100H2V80M3 200H4V150')
  })
  it('is said in words', () => {
    expect(changeWords([])).toBe('')
    expect(changeWords([{ trial: 43, experiment: 22 }])).toBe('Measurements changed with trial 43')
    const three = [5, 9, 40].map((trial) => ({ trial, experiment: trial }))
    expect(changeWords(three)).toBe('Measurements changed with trials 5, 9 and 40')
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
      'experiment,started,ended,trials,goal,feasible,failed,failure,past,heap,p95',
      '1,,,1,2,true,false,,false,512,10',
      '3,,,1,,true,true,"out of memory, ""killed""",false,,',
      '',
    ])
  })
})
