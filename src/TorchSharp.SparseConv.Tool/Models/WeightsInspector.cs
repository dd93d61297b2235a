using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>What is in a weights file; reads no tensor.</summary>
internal static class WeightsInspector
{
    /// <summary>The endings that tell a weights file; .npz may also be a cloud.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".safetensors", ".pt", ".pth", ".ckpt", ".npz"];

    public static bool IsKnown(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static Reports.WeightsReport Inspect(string path)
    {
        var entries = Weights.Entries(path);
        return new Reports.WeightsReport
        {
            File = path,
            Format = PointFiles.FormatOf(path),
            Bytes = new FileInfo(path).Length,
            Architecture = MinkUNet.DescribeCheckpoint(path) ?? SPVCNN.DescribeCheckpoint(path),
            Numbers = entries.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size)),
            Metadata = Metadata(path),
            Tensors =
            [
                .. entries.Select(entry => new TensorReport
                {
                    Name = entry.Name,
                    Type = entry.Type.ToString(),
                    Shape = entry.Shape,
                }),
            ],
        };
    }

    private static IReadOnlyDictionary<string, string> Metadata(string path)
    {
        if (!path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }
        using var file = SafeTensors.Open(path);
        return file.Metadata;
    }
}
