namespace TorchSharp.SparseConv.Tests.Shared;

// Tests that each have a folder of their own.
internal abstract class FolderTests
{
    protected TempFolder Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => Folder.Dispose();
}
