"""Another library's training of one model, timed: a process of `benchmarks/training.py`, in its environment.

python benchmarks/training_peers.py LIBRARY MODEL BATCH_SIZE ROWS      # prints rows per CPU-second, an epoch each
"""

import importlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

STUDENTS = (2, 5, 30, 31, 2, 3, 20, 80, 9, 5, *[20] * 6)
"""Values of a student's fields, the grades in 20 bins, and of an employer's: the paper's, as far as it tells."""
EMPLOYERS = (1329, 800, 10, 20, 31, 200)
PEOPLE, POSITIVE = 8370, 0.2
WIDTH, UNITS, HEADS, LAYERS, CROSSES = 16, (256, 128), 2, 3, 256
EPOCHS = 3
Epoch = Callable[[], object]


def tables() -> tuple[np.ndarray, np.ndarray]:
    """Codes of all students and of all employers, from 1 on."""
    rng = np.random.default_rng(0)
    return tuple(  # type: ignore[return-value]
        np.stack([rng.integers(1, size + 1, count) for size in sizes], axis=1)
        for sizes, count in ((STUDENTS, PEOPLE), (EMPLOYERS, EMPLOYERS[0]))
    )


def pairs(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Student, employer and label of each pair."""
    rng = np.random.default_rng(1)
    return (
        rng.integers(0, PEOPLE, rows),
        rng.integers(0, EMPLOYERS[0], rows),
        (rng.random(rows) < POSITIVE).astype(np.float32),
    )


def joined(rows: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The same as one table: what the other libraries take."""
    (students, employers), (student, employer, label) = tables(), pairs(rows)
    codes = np.concatenate([students[student], employers[employer]], axis=1)
    return {f"f{i}": column for i, column in enumerate(codes.T)}, label


def sizes() -> dict[str, int]:
    """Rows of each field's table."""
    return {f"f{i}": size + 1 for i, size in enumerate((*STUDENTS, *EMPLOYERS))}


def deepctr_torch(model: str, batch_size: int, rows: int) -> Epoch:
    """DeepCTR-Torch: `compile` and `fit`, without regularisation."""
    models = importlib.import_module("deepctr_torch.models")
    feature = importlib.import_module("deepctr_torch.inputs").SparseFeat
    columns = [feature(name, size, WIDTH) for name, size in sizes().items()]
    own = {
        "deepfm": {"dnn_hidden_units": UNITS, "l2_reg_linear": 0},
        "autoint": {"dnn_hidden_units": UNITS, "att_layer_num": LAYERS, "att_head_num": HEADS},
        "afn": {"afn_dnn_hidden_units": UNITS, "ltl_hidden_size": CROSSES, "l2_reg_linear": 0},
    }[model]
    name = {"deepfm": "DeepFM", "autoint": "AutoInt", "afn": "AFN"}[model]
    network = getattr(models, name)(columns, columns, l2_reg_embedding=0, device="cpu", **own)
    network.compile("adam", "binary_crossentropy")
    x, y = joined(rows)
    return lambda: network.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)


def torch_rechub(model: str, batch_size: int, rows: int) -> Epoch:
    """torch-rechub: its data generator and one epoch of its trainer."""
    ranking = importlib.import_module("torch_rechub.models.ranking")
    feature = importlib.import_module("torch_rechub.basic.features").SparseFeature
    data = importlib.import_module("torch_rechub.utils.data")
    trainers = importlib.import_module("torch_rechub.trainers")
    columns = [feature(name, size, WIDTH) for name, size in sizes().items()]
    top = {"dims": list(UNITS), "dropout": 0.0, "activation": "relu"}
    network = (
        ranking.DeepFM(columns, columns, top)
        if model == "deepfm"
        else ranking.AutoInt(columns, [], num_layers=LAYERS, num_heads=HEADS, mlp_params=top)
    )
    x, y = joined(rows)
    batches, _, _ = data.DataGenerator(x, y).generate_dataloader(
        x_val=x, y_val=y, x_test=x, y_test=y, batch_size=batch_size
    )
    trainer = trainers.CTRTrainer(network, optimizer_params={"lr": 1e-3, "weight_decay": 0.0}, device="cpu")
    return lambda: trainer.train_one_epoch(batches)


def fuxictr(model: str, batch_size: int, rows: int) -> Epoch:
    """FuxiCTR: its npz loader, its embedding, FM, MLP and training step; the wheel has the layers, no DeepFM."""
    if model != "deepfm":
        msg = f"no {model} in the wheel"
        raise ValueError(msg)
    layers = importlib.import_module("fuxictr.pytorch.layers")
    base = importlib.import_module("fuxictr.pytorch.models").BaseModel
    loader = importlib.import_module("fuxictr.pytorch.dataloaders.npz_dataloader").NpzDataLoader
    fields = importlib.import_module("fuxictr.features").FeatureMap("pairs", tempfile.mkdtemp())
    fields.features = {
        name: {"source": "", "type": "categorical", "vocab_size": n} for name, n in sizes().items()
    }
    fields.labels, fields.num_fields, fields.default_emb_dim = ["label"], len(fields.features), WIDTH
    fields.set_column_index()
    x, y = joined(rows)
    path = Path(fields.data_dir, "pairs.npz")
    np.savez(path, label=y, **x)  # type: ignore[arg-type]

    class DeepFM(base):  # type: ignore[misc,valid-type]
        def __init__(self) -> None:
            super().__init__(fields, verbose=0, model_root=fields.data_dir, metrics=["AUC"])
            self.vectors = layers.FeatureEmbedding(fields, WIDTH)
            self.crossed = layers.FactorizationMachine(fields)
            self.deep = layers.MLP_Block(
                input_dim=WIDTH * fields.num_fields, output_dim=1, hidden_units=list(UNITS)
            )
            self.compile("adam", "binary_crossentropy", 1e-3)
            self.reset_parameters()

        def forward(self, batch: Any) -> dict[str, torch.Tensor]:
            codes = self.get_inputs(batch)
            vectors = self.vectors(codes)
            logit = self.crossed(codes, vectors) + self.deep(vectors.flatten(start_dim=1))
            return {"y_pred": self.output_activation(logit)}

    network = DeepFM()
    # What its `fit` sets before the first epoch; no evaluation between epochs.
    network._max_gradient_norm, network._eval_steps, network._total_steps = 10.0, sys.maxsize, 0  # noqa: SLF001
    network._stop_training = False  # noqa: SLF001
    batches = loader(fields, str(path), batch_size=batch_size, shuffle=True, num_workers=0)
    return lambda: network.train_epoch(batches)


def main(library: str, model: str, batch_size: int, rows: int) -> None:
    """Time a first epoch and some more; print all."""
    torch.set_num_threads(1)
    libraries = {"deepctr-torch": deepctr_torch, "torch-rechub": torch_rechub, "fuxictr": fuxictr}
    epoch, speeds = libraries[library](model, batch_size, rows), []
    for _ in range(EPOCHS):
        start = time.process_time()
        epoch()
        speeds.append(rows / (time.process_time() - start))
    sys.stdout.write("\n" + json.dumps(speeds) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
