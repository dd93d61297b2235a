using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public enum RoundingMode
    {
        None = 0,
        trunc = 1,
        floor = 2,
    }

    public partial class Tensor
    {
        /// <summary>The transpose of a matrix.</summary>
        public Tensor T => Aten.Call("numpy_T", this);

        public Tensor mT => Aten.Call("mT", this);

        public Tensor round(long decimals = 0) =>
            decimals == 0 ? Aten.Call("round", this) : Aten.Call("round.decimals", this, decimals);

        public Tensor round_(long decimals = 0) =>
            decimals == 0 ? Aten.Call("round_", this) : Aten.Call("round_.decimals", this, decimals);

        public IList<Tensor> nonzero_as_list() => Aten.CallList("nonzero_numpy", this);

        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        private static string? Mode(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();

        /// <summary>The arguments dtype, layout and device as factories take them.</summary>
        internal static Argument[] Options(ScalarType? dtype, Device? device) => [dtype, Argument.None, device];

        private static (Tensor, Tensor?, Tensor?) Requested(
            (Tensor Output, Tensor Inverse, Tensor Counts) results,
            bool inverse,
            bool counts
        ) => (results.Output, OrNull(results.Inverse, inverse), OrNull(results.Counts, counts));

        private static Tensor? OrNull(Tensor tensor, bool wanted)
        {
            if (!wanted)
            {
                tensor.Dispose();
            }
            return wanted ? tensor : null;
        }

        private static Tensor Into(Tensor? target, Tensor result)
        {
            if (target is null)
            {
                return result;
            }
            using (result)
            {
                Aten.Call("resize_", target, result.shape).Dispose();
                return target.copy_(result);
            }
        }

        /// <summary>This tensor as another type, or itself.</summary>
        private Tensor Of(ScalarType? type) => type is { } some ? to_type(some) : this;

        private long[] LastDims(long count) => [.. Enumerable.Range(0, (int)count).Select(i => ndim - count + i)];

        private static long[] FirstDims(long count) => [.. Enumerable.Range(0, (int)count).Select(i => (long)i)];
    }
}
