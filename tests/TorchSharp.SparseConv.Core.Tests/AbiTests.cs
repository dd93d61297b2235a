using System.Runtime.CompilerServices;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Both sides of the C ABI agree.</summary>
[TestFixture]
public sealed unsafe class AbiTests
{
    [Test]
    public void The_version_is_the_one_this_side_was_written_for() =>
        Assert.That(Native.spc_abi_version(), Is.EqualTo(Native.AbiVersion));

    [Test]
    public void The_version_text_is_a_version() =>
        Assert.That(Version.TryParse(SparseConvRuntime.Version, out _), SparseConvRuntime.Version);

    [Test]
    public void A_matrix_has_32_bytes() => Assert.That(Unsafe.SizeOf<MatrixView>(), Is.EqualTo(32));

    [Test]
    public void A_geometry_has_80_bytes() => Assert.That(Unsafe.SizeOf<NativeGeometry>(), Is.EqualTo(80));

    [Test]
    public void A_matrix_has_its_fields_where_the_header_has_them()
    {
        var view = new MatrixView(1, 2, 3, ElementType.Float16, 5);
        var bytes = (byte*)&view;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(*(long*)bytes, Is.EqualTo(1));
            Assert.That(*(long*)(bytes + 8), Is.EqualTo(2));
            Assert.That(*(long*)(bytes + 16), Is.EqualTo(3));
            Assert.That(*(int*)(bytes + 24), Is.EqualTo(3));
            Assert.That(*(int*)(bytes + 28), Is.EqualTo(5));
        }
    }

    [Test]
    public void A_failure_has_a_status_and_one_line_that_says_why()
    {
        var coordinates = stackalloc int[] { 0, 1 };
        var status = Native.spc_map_create(coordinates, 1, 9, Native.Cpu, Native.DefaultStream, out var map);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status, Is.EqualTo(Status.InvalidArgument));
            Assert.That(map.IsInvalid, Is.True);
            Assert.That(Native.LastError(), Does.Contain("9").And.Not.Contains("\n"));
            var failure = Assert.Throws<SparseConvException>(() => status.ThrowIfFailed());
            Assert.That(failure?.Status, Is.EqualTo(Status.InvalidArgument));
            Assert.That(failure?.Message, Is.EqualTo(Native.LastError()));
        }
    }

    [Test]
    public void The_message_belongs_to_the_thread_that_failed()
    {
        var coordinates = stackalloc int[] { 0, 1 };
        _ = Native.spc_map_create(coordinates, 1, 9, Native.Cpu, Native.DefaultStream, out _);
        var here = Native.LastError();
        var there = here;
        var thread = new Thread(() => there = Native.LastError());
        thread.Start();
        thread.Join();
        Assert.That(there, Is.Not.EqualTo(here));
        Assert.That(Native.LastError(), Is.EqualTo(here));
    }

    [Test]
    public void Enumerations_have_the_numbers_of_the_header()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Numbers<Status>(), Is.EquivalentTo([0, -1, -2, -3, -4, -5]));
            Assert.That((int)ElementType.Float32, Is.Zero);
            Assert.That((int)ElementType.Float64, Is.EqualTo(1));
            Assert.That((int)ElementType.BFloat16, Is.EqualTo(2));
            Assert.That((int)ElementType.Float16, Is.EqualTo(3));
            Assert.That((int)ConvolutionDirection.FineToCoarse, Is.Zero);
            Assert.That((int)ConvolutionDirection.CoarseToFine, Is.EqualTo(1));
            Assert.That((int)CoordinateManager.LevelRule.Dilate, Is.Zero);
            Assert.That((int)CoordinateManager.LevelRule.Downsample, Is.EqualTo(1));
            Assert.That(Numbers<ConvolutionPass>(), Is.EqualTo([0, 1, 2]));
            Assert.That(Numbers<NormStatistics>(), Is.EqualTo([0, 1]));
        }

        static int[] Numbers<T>()
            where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => Convert.ToInt32(value))];
    }
}
