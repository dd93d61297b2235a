namespace TorchSharp.SparseConv.Tests.Shared;

internal static class RealData
{
    // The folder of real files named by SPARSECONV_DATA; the test is skipped where there is none.
    public static string Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable("SPARSECONV_DATA");
        var folder = root is null ? null : Path.Combine(root, name);
        if (folder is null || !Directory.Exists(folder))
        {
            Assert.Ignore($"SPARSECONV_DATA names no folder that holds {name}");
        }
        return folder!;
    }
}
