namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry of an index expression.</summary>
    public struct TensorIndex
    {
        public static TensorIndex Colon = Slice();
        public static TensorIndex Ellipsis = new() { Kind = IndexKind.Ellipsis };
        public static TensorIndex None = new() { Kind = IndexKind.None };
        public static TensorIndex Null = new() { Kind = IndexKind.Null };

        internal IndexKind Kind;
        internal long? Start;
        internal long? Stop;
        internal long? Step;
        internal Tensor? Values;

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new()
            {
                Kind = IndexKind.Slice,
                Start = start,
                Stop = stop,
                Step = step,
            };

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range) =>
            Slice(Position(range.Start), range.End.IsFromEnd && range.End.Value == 0 ? null : Position(range.End));

        public static TensorIndex Bool(bool value) => new() { Kind = IndexKind.Bool, Start = value ? 1 : 0 };

        public static TensorIndex Single(long? index) => new() { Kind = IndexKind.Single, Start = index };

        public static TensorIndex Tensor(Tensor tensor) => new() { Kind = IndexKind.Tensor, Values = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>Makes overloads resolve as TorchSharp's do; never called.</summary>
        public static implicit operator Tensor(TensorIndex value) =>
            throw new InvalidOperationException("Should not be called.");

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(Position(index));

        private static long Position(Index index) => index.IsFromEnd ? -(long)index.Value : index.Value;
    }

    internal enum IndexKind
    {
        None,
        Single,
        Null,
        Ellipsis,
        Bool,
        Tensor,
        Slice,
    }
}
