// TorchSharp does not annotate these signatures, so null is given and taken without a warning.
#nullable disable

using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor> grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false
        )
        {
            var results = new nint[inputs.Count];
            fixed (nint* first = Handles(outputs))
            fixed (nint* second = Handles(inputs))
            fixed (nint* third = Handles(grad_outputs))
            fixed (nint* target = results)
            {
                Native.Check(
                    Native.standin_grad(
                        first,
                        outputs.Count,
                        second,
                        inputs.Count,
                        third,
                        grad_outputs?.Count ?? 0,
                        retain_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        allow_unused ? 1 : 0,
                        target
                    )
                );
            }
            KeepAlive(outputs, inputs, grad_outputs);
            return Array.ConvertAll(results, handle => new Tensor(handle)).ToList();
        }

        public static unsafe void backward(
            IList<Tensor> tensors,
            IList<Tensor> grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor> inputs = null
        )
        {
            fixed (nint* first = Handles(tensors))
            fixed (nint* second = Handles(grad_tensors))
            fixed (nint* third = Handles(inputs))
            {
                Native.Check(
                    Native.standin_backward(
                        first,
                        tensors.Count,
                        second,
                        grad_tensors?.Count ?? 0,
                        retain_graph ?? create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        third,
                        inputs?.Count ?? 0
                    )
                );
            }
            KeepAlive(tensors, grad_tensors, inputs);
        }

        public static void backward(
            Tensor tensor,
            IList<Tensor> grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor> inputs = null
        ) => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(
            Tensor tensor,
            Tensor grad_tensor,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor> inputs = null
        ) => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        public static AnomalyMode detect_anomaly(bool check_nan = true) => new(enabled: true, check_nan);

        public static AnomalyMode set_detect_anomaly(bool mode, bool check_nan = true) => new(mode, check_nan);

        /// <summary>Native handles, 0 for what is null.</summary>
        internal static nint[] Handles(IEnumerable<Tensor> tensors) =>
            tensors is null ? [] : tensors.Select(tensor => tensor?.Handle ?? 0).ToArray();

        internal static void KeepAlive(params IEnumerable<Tensor>[] lists)
        {
            foreach (var tensor in lists.SelectMany(list => list ?? []))
            {
                GC.KeepAlive(tensor);
            }
        }
    }
}
