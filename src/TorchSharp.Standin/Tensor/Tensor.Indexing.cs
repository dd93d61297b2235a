using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => index(i1);
            set => index_put_(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => index_put_(value, i1, i2, i3, i4);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => index(i1, i2, i3, i4, i5);
            set => index_put_(value, i1, i2, i3, i4, i5);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => index(i1, i2, i3, i4, i5, i6);
            set => index_put_(value, i1, i2, i3, i4, i5, i6);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => index(Singles(indices));
            set => index_put_(value, Singles(indices));
        }

        public Tensor index(params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Apply(indices);
            var result =
                tensors is not null ? Aten.Call("index.Tensor", view, Argument.Indices(tensors))
                : ReferenceEquals(view, this) ? alias()
                : view;
            return result.MoveToOuterDisposeScope();
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Apply(indices);
            if (tensors is not null)
            {
                Aten.Call("index_put_", view, Argument.Indices(tensors), value, accumulate);
            }
            else if (accumulate)
            {
                throw new ArgumentException(
                    "Accumulating needs at least one tensor among the indices.",
                    nameof(indices)
                );
            }
            else
            {
                view.copy_(value);
            }
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var filled = full([], value, dtype, device);
            return index_put_(filled, indices, false);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        private static TensorIndex[] Singles(long[] indices) =>
            Array.ConvertAll(indices, index => TensorIndex.Single(index));

        /// <summary>
        /// Does what indices do to a view (select, slice, new axes), and gathers the tensors among them by the dimension
        /// that they index.
        /// </summary>
        private (Tensor View, Tensor?[]? Tensors) Apply(TensorIndex[] indices)
        {
            var consumed = indices.Sum(Consumed);
            if (consumed > ndim)
            {
                throw new ExternalException($"too many indices for tensor of dimension {ndim}");
            }
            var view = this;
            List<Tensor?> tensors = [];
            var dimension = 0L;
            foreach (var index in indices)
            {
                switch (index.Kind)
                {
                    case IndexKind.Single:
                        view = view.select(dimension, index.Start ?? 0);
                        break;
                    case IndexKind.Slice:
                        view = Aten.Call("slice.Tensor", view, dimension++, index.Start, index.Stop, index.Step ?? 1);
                        break;
                    case IndexKind.None or IndexKind.Null:
                        view = view.unsqueeze(dimension++);
                        break;
                    case IndexKind.Ellipsis:
                        dimension += ndim - consumed;
                        break;
                    case IndexKind.Tensor:
                        tensors.AddRange(Enumerable.Repeat<Tensor?>(null, (int)dimension - tensors.Count));
                        tensors.Add(index.Values);
                        dimension += Consumed(index);
                        break;
                    default:
                        throw new NotImplementedException($"An index of kind {index.Kind} is not supported.");
                }
            }
            return (view, tensors.Count == 0 ? null : tensors.ToArray());
        }

        /// <summary>How many of the tensor's dimensions an index uses up: a mask, as many as it has.</summary>
        private static long Consumed(TensorIndex index) =>
            index.Kind switch
            {
                IndexKind.Single or IndexKind.Slice => 1,
                IndexKind.Tensor when index.Values!.dtype is ScalarType.Bool or ScalarType.Byte => index.Values.ndim,
                IndexKind.Tensor => 1,
                _ => 0,
            };
    }
}
