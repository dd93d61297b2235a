namespace TorchSharp.SparseConv;

/// <summary>A pickle's reference to a storage, which is an entry of the archive of its own.</summary>
internal readonly record struct PickledStorage(torch.ScalarType Type, string Key, long Elements);
