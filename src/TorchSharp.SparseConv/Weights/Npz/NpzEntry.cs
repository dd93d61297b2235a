using System.IO.Compression;

namespace TorchSharp.SparseConv;

/// <summary>One array of an .npz, not yet read.</summary>
internal readonly record struct NpzEntry(ZipArchiveEntry Entry, torch.ScalarType Type, long[] Shape, bool IsFortran);
