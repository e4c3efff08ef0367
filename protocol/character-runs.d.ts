export declare const CHARACTER_RUNS: string
