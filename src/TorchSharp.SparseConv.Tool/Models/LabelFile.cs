using System.Buffers.Binary;

namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>SemanticKITTI's file of labels: one little-endian uint32 a point, the label in the low half.</summary>
internal static class LabelFile
{
    public const string Ending = ".label";

    public static void Write(string path, int[] labels)
    {
        var bytes = new byte[checked(labels.Length * sizeof(uint))];
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] is < 0 or > ushort.MaxValue)
            {
                throw new UsageException(
                    $"{path}: a label is {labels[i]}, must be 0 to {ushort.MaxValue} in such a file"
                );
            }
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), (uint)labels[i]);
        }
        File.WriteAllBytes(path, bytes);
    }
}
