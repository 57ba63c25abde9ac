import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Twice the semi-space that is left: calls in flight fit into four megabytes, whatever the size of a plan. */
const ENOUGH_BYTES = 8 * 1024 * 1024;

/**
 * V8 spends memory to save time: the space of what was just made grows to 64 MB, all of it garbage where many calls are made, and the
 * rest to four times what is held. Once the former has what it needs it stays, and the latter grows by half. V8 reads these flags when it
 * is about to let a space grow; the ones that bound it from the start count only on Node's command line, which is not ours.
 */
export function keepGarbageSmall(): void {
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if ((young?.space_size ?? 0) < ENOUGH_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    setFlagsFromString("--heap-growing-percent=50");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}
