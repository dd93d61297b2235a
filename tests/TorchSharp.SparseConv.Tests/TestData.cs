namespace TorchSharp.SparseConv.Tests;

/// <summary>Data that lies outside of the repository, in the folder that SPARSECONV_DATA names.</summary>
internal static class TestData
{
    /// <summary>The folder, or the test is skipped with the reason.</summary>
    internal static string Require(string folder)
    {
        var root = Environment.GetEnvironmentVariable("SPARSECONV_DATA");
        if (string.IsNullOrEmpty(root))
        {
            Assert.Ignore("SPARSECONV_DATA names no folder of test data");
        }

        var path = Path.Combine(root!, folder);
        if (!Directory.Exists(path))
        {
            Assert.Ignore($"no {path}");
        }

        return path;
    }
}
