namespace TorchSharp.SparseConv.Data;

/// <summary>A variable-length record of a LAS file, such as its coordinate system.</summary>
/// <param name="User">Who defines the record, for example LASF_Projection; at most 16 characters.</param>
/// <param name="Id">What it is for that user.</param>
/// <param name="Description">A few words, at most 32 characters.</param>
/// <param name="Content">Its bytes, at most 65,535.</param>
public sealed record LasRecord(string User, int Id, string Description, ReadOnlyMemory<byte> Content)
{
    internal const int HeadBytes = 54;

    internal bool IsExtraBytes => string.Equals(User, "LASF_Spec", StringComparison.Ordinal) && Id == 4;
}
