namespace TorchSharp.SparseConv.Data;

/// <summary>One scan of a data set in SemanticKITTI's layout.</summary>
/// <param name="Sequence">The sequence's folder, for example 08.</param>
/// <param name="Frame">The scan's file name without ending, for example 000000.</param>
/// <param name="ScanPath">The file of points (.bin).</param>
/// <param name="LabelPath">The file of labels (.label); null where the sequence has none, as the data set's test sequences.</param>
public readonly record struct ScanFile(string Sequence, string Frame, string ScanPath, string? LabelPath)
{
    /// <summary>Sequence and frame, as 08/000000.</summary>
    public override string ToString() => $"{Sequence}/{Frame}";
}
