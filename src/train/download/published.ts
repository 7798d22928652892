/** A data set that can be downloaded: where it is published, what of it is needed, and what is owed for it. */
export interface PublishedSet {
  readonly name: PublishedName;
  readonly title: string;
  readonly version: string;
  /** Below which the publisher's files and `SHA256SUMS.txt` lie; ends with `/`. */
  readonly address: string;
  /** For people. */
  readonly page: string;
  /** Recordings by folder, as published; known without the publisher's list. */
  readonly recordings: Readonly<Record<string, number>>;
  /** What a folder or an archive has directly below its root, by which the root is found. */
  readonly landmark: RegExp;
  /** Paths of the publisher that `train` and `data inspect` need. */
  readonly needed: RegExp;
  /** Why the rest is left out without `all`. */
  readonly leftOut: string;
  /** Files that only a folder or an archive has, taken as they are: who is who, what was withdrawn. */
  readonly companions: RegExp;
  readonly licence: { readonly name: string; readonly address: string };
  /** Publications that the publisher asks to cite. */
  readonly citations: readonly string[];
}

export type PublishedName = 'cinc2016' | 'circor2022';

const ODC_BY = {
  name: 'Open Data Commons Attribution License v1.0 (ODC-By 1.0)',
  address: 'https://opendatacommons.org/licenses/by/1-0/',
};

const PHYSIONET =
  'Goldberger AL, Amaral LAN, Glass L, Hausdorff JM, Ivanov PCh, Mark RG, Mietus JE, Moody GB, Peng C-K, ' +
  'Stanley HE. PhysioBank, PhysioToolkit, and PhysioNet: components of a new research resource for complex ' +
  'physiologic signals. Circulation. 2000;101(23):e215-e220. https://doi.org/10.1161/01.CIR.101.23.e215';

/** Small files of the publisher beside the data. */
const ABOUT = String.raw`(?:RECORDS[\w-]*|LICENSE(?:\.txt)?|README(?:\.\w+)?)`;

export const PUBLISHED: Readonly<Record<PublishedName, PublishedSet>> = {
  cinc2016: {
    name: 'cinc2016',
    title: 'PhysioNet/Computing in Cardiology Challenge 2016: heart sound recordings',
    version: '1.0.0',
    address: 'https://physionet.org/files/challenge-2016/1.0.0/',
    page: 'https://physionet.org/content/challenge-2016/1.0.0/',
    recordings: {
      'training-a': 409,
      'training-b': 490,
      'training-c': 31,
      'training-d': 55,
      'training-e': 2141,
      'training-f': 114,
    },
    landmark: /^training-[a-f]\//,
    needed: new RegExp(`^(?:training-[a-f]/.+|${ABOUT})$`),
    leftOut:
      'validation/ repeats recordings of the training sets, so that testing on it tests on training data; ' +
      'annotations and archives are not needed',
    companions: /^(?:records\.csv|withdrawn[\w-]*\.txt)$/,
    licence: ODC_BY,
    citations: [
      'Liu C, Springer D, Li Q, Moody B, Juan RA, Chorro FJ, Castells F, Roig JM, Silva I, Johnson AEW, Syed Z, ' +
        'Schmidt SE, Papadaniil CD, Hadjileontiadis L, Naseri H, Moukadem A, Dieterlen A, Brandt C, Tang H, ' +
        'Samieinasab M, Samieinasab MR, Sameni R, Mark RG, Clifford GD. An open access database for the ' +
        'evaluation of heart sound algorithms. Physiol Meas. 2016;37(12):2181-2213. ' +
        'https://doi.org/10.1088/0967-3334/37/12/2181',
      'Clifford GD, Liu C, Moody B, Springer D, Silva I, Li Q, Mark RG. Classification of normal/abnormal heart ' +
        'sound recordings: the PhysioNet/Computing in Cardiology Challenge 2016. Computing in Cardiology. ' +
        '2016;43:609-612. https://doi.org/10.22489/CinC.2016.179-154',
      PHYSIONET,
    ],
  },
  circor2022: {
    name: 'circor2022',
    title: 'The CirCor DigiScope Phonocardiogram Dataset (George B. Moody PhysioNet Challenge 2022)',
    version: '1.0.3',
    address: 'https://physionet.org/files/circor-heart-sound/1.0.3/',
    page: 'https://physionet.org/content/circor-heart-sound/1.0.3/',
    recordings: { training_data: 3163 },
    landmark: /^training_data(?:\/|\.csv$)/,
    needed: new RegExp(`^(?:training_data/.+|training_data\\.csv|${ABOUT})$`),
    leftOut: 'archives and what is not part of the public training set are not needed',
    companions: /^person_groups\.csv$/,
    licence: ODC_BY,
    citations: [
      'Oliveira J, Renna F, Costa P, Nogueira M, Oliveira AC, Elola A, Ferreira C, Jorge A, Bahrami Rad A, ' +
        'Reyna M, Sameni R, Clifford G, Coimbra M. The CirCor DigiScope Phonocardiogram Dataset ' +
        '(version 1.0.3). PhysioNet. 2022. https://doi.org/10.13026/tshs-mw03',
      'Oliveira J, Renna F, Costa PD, Nogueira M, Oliveira C, Ferreira C, Jorge A, Mattos S, Hatem T, Tavares T, ' +
        'Elola A, Rad AB, Sameni R, Clifford GD, Coimbra MT. The CirCor DigiScope Dataset: from murmur ' +
        'detection to murmur classification. IEEE J Biomed Health Inform. 2022;26(6):2524-2535. ' +
        'https://doi.org/10.1109/JBHI.2021.3137048',
      'Reyna MA, Kiarashi Y, Elola A, Oliveira J, Renna F, Gu A, Perez Alday EA, Sadr N, Sharma A, Kpodonu J, ' +
        'Mattos S, Coimbra MT, Sameni R, Rad AB, Clifford GD. Heart murmur detection from phonocardiogram ' +
        'recordings: the George B. Moody PhysioNet Challenge 2022. PLOS Digit Health. 2023;2(9):e0000324. ' +
        'https://doi.org/10.1371/journal.pdig.0000324',
      PHYSIONET,
    ],
  },
};
