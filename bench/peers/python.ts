/** The other side of torch_peer.py, extraction.py and torch_gpu_peer.py. */
import { Peer } from './peer.ts';

/** A Python process with PyTorch (and librosa, for torch_peer.py). */
export type Python = Peer;

export const Python = {
  /** Starts it; resolves to the reason where it cannot be. */
  start: (executable: string, script = 'bench/peers/torch_peer.py') => Peer.start(executable, [script]),
};
