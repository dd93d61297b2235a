namespace TorchSharp.SparseConv;

/// <summary>What a checkpoint calls a convolution and the norm behind it.</summary>
internal readonly record struct CheckpointLayer(string Convolution, string Norm);
